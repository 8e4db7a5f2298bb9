import type { ErrorRecord } from '../base/error-codes.ts';

/**
 * What a node knows of the data of one process. Two things have to agree: a record on the node's own
 * disk says that it has made or adopted data, and a mark inside the folder says which data it is.
 *
 * `none`: there never was any. `begun`: a first run broke off, and what it left is worth nothing.
 * `unmarked`: there is data, but the node has no record of it, or it has no mark: left by an earlier
 * kato, or brought by a person. `ready`: mark and record agree.
 *
 * The others are faults, on which nothing is made or started. `missing`: there is a record, and the
 * data is not there. `other`: it is not the data that the record is of. `unusable`: there is no record,
 * and what is in its place is nothing that data could be made in.
 */
export type DataState = 'none' | 'begun' | 'unmarked' | 'ready' | DataFault;
export type DataFault = 'missing' | 'other' | 'unusable';

/** What is there, read and not judged. */
export interface DataFacts {
  /** Whose data this machine made or adopted; an id of null is a record that cannot be read. */
  record: { id: string | null } | null;
  /** Where the folder should be. What a volume has at birth (lost+found) does not fill it. */
  place: 'nothing' | 'dangling' | 'no-folder' | 'unreadable' | 'empty' | 'filled';
  /** The id in the mark inside; null without a mark, or with one that cannot be read. */
  mark: string | null;
  /** The file that a first run makes; null for a program that makes its data as it starts. */
  hasMarker: boolean | null;
  /** A first run that has not ended: in this very folder, in another one, or of an earlier kato, which did not say. */
  firstRun: 'here' | 'elsewhere' | 'somewhere' | null;
  /** The process was started here before. */
  wasStarted: boolean;
}

/** Where to look, for error messages. */
export interface DataPlaces {
  process: string;
  /** One of its roles; null for that of the core, which cannot be taken away and given again. */
  role: string | null;
  /** Name of the node: what helps may be read on another one. */
  node: string;
  folder: string;
  marker: string | null;
  markFile: string;
  recordFile: string;
  firstRunFile: string;
}

export function dataStateOf(facts: DataFacts): DataState {
  const { record, mark, place, hasMarker } = facts;
  const isKnown = record !== null || facts.wasStarted;
  if (place === 'nothing') return isKnown ? 'missing' : 'none';
  if (place !== 'empty' && place !== 'filled') return isKnown ? 'missing' : 'unusable';
  if (mark !== null) {
    if (typeof record?.id === 'string' && record.id !== mark) return 'other';
    if (hasMarker === false) return 'missing';
    return typeof record?.id === 'string' ? 'ready' : 'unmarked';
  }
  if (record !== null) return 'missing';
  return unmarkedState(facts);
}

/** Nothing is known of the data but what the folder itself shows. */
function unmarkedState({ place, hasMarker, firstRun, wasStarted }: DataFacts): DataState {
  const isData = place === 'filled' && hasMarker !== false;
  if (firstRun === 'here') return 'begun';
  if (firstRun === 'somewhere' && hasMarker !== true) return 'begun';
  if (firstRun !== null && place === 'filled') return 'unusable';
  if (isData) return 'unmarked';
  if (wasStarted) return 'missing';
  return place === 'filled' ? 'unusable' : 'none';
}

export function isDataFault(state: DataState): state is DataFault {
  return state === 'missing' || state === 'other' || state === 'unusable';
}

/** Why a process has to do without its data, and what helps; null where nothing is wrong. */
export function dataRefusal(facts: DataFacts, places: DataPlaces): ErrorRecord | null {
  const state = dataStateOf(facts);
  if (!isDataFault(state)) return null;
  const { process, folder } = places;
  const code = 'DATA_MISSING';
  if (state === 'other') {
    return {
      code,
      message: `${folder} holds other data than that of ${process}`,
      why: 'its mark is not the one that this node has on record',
      next: `mount the right volume; ${takeIt(places)}`,
    };
  }
  if (state === 'missing') {
    return { code, message: `the data of ${process} is missing`, ...missing(facts, places) };
  }
  return { code, message: `${process} cannot keep data in ${folder}`, ...unusable(facts, places) };
}

function missing(facts: DataFacts, places: DataPlaces): Pick<ErrorRecord, 'why' | 'next'> {
  const { folder, marker, markFile } = places;
  const isHere = facts.place === 'filled' && facts.hasMarker !== false;
  if (isHere) {
    const why = `what is in ${folder} does not have its mark, ${markFile}`;
    return { why, next: `mount the right volume; ${takeIt(places)}` };
  }
  const whys: Record<DataFacts['place'], string> = {
    nothing: `${folder} is not there`,
    dangling: `${folder} is a link to something that is not there`,
    'no-folder': `${folder} is not a folder`,
    unreadable: `${folder} cannot be read`,
    empty: `${folder} is empty`,
    filled: `${folder}/${marker} is not there`,
  };
  const why = `${whys[facts.place]}, and this node has had data in it`;
  return { why, next: `mount its volume, or restore the data; ${giveUp(places)}` };
}

function unusable(facts: DataFacts, places: DataPlaces): Pick<ErrorRecord, 'why' | 'next'> {
  const { folder, marker, firstRunFile } = places;
  if (facts.place === 'dangling') {
    return {
      why: 'it is a link to something that is not there',
      next: 'mount its volume, or remove the link',
    };
  }
  if (facts.place === 'no-folder') return { why: 'it is not a folder', next: 'move it away' };
  if (facts.place === 'unreadable') {
    return { why: 'it cannot be read', next: 'mount its volume again: see dmesg' };
  }
  if (facts.firstRun === null) {
    const why = `there are files in it, and ${marker} is not among them`;
    return { why, next: 'move them away, or give it a folder of its own' };
  }
  const why = `a first run broke off, and what is there may be left over from it, or good data`;
  return { why, next: `if it is good: rm ${firstRunFile}; if not, move it out of ${folder}` };
}

function takeIt({ recordFile }: DataPlaces): string {
  return `to go on with what is there: rm ${recordFile}`;
}

function giveUp({ role, node }: DataPlaces): string {
  const lost = 'if it is lost for good:';
  if (role === null) return `${lost} kato node setup core --recover-from FILE`;
  const on = `-n ${node} ${role}`;
  return `${lost} kato role remove --purge-data ${on}, then kato role add ${on}`;
}
