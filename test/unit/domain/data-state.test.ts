import assert from 'node:assert/strict';
import {
  type DataFacts,
  type DataPlaces,
  type DataState,
  dataRefusal,
  dataStateOf,
} from '../../../src/domain/making/data-state.ts';

/** A folder that is empty, on a machine that knows nothing of it. */
const NEW: DataFacts = {
  record: null,
  place: 'empty',
  mark: null,
  hasMarker: false,
  firstRun: null,
  wasStarted: false,
};
const MADE: DataFacts = { ...NEW, record: { id: 'a' }, wasStarted: true };
const WHOLE: DataFacts = { ...MADE, place: 'filled', mark: 'a', hasMarker: true };

const PLACES: DataPlaces = {
  process: 'postgresql',
  role: 'postgresql',
  node: 'h5',
  folder: '/data/postgresql',
  marker: 'global/pg_control',
  markFile: '/data/postgresql/.kato-data',
  recordFile: '/made/postgresql.json',
  firstRunFile: '/data/.postgresql.initializing',
};

type Story = [string, DataFacts, DataState];

const STORIES: Story[] = [
  ['nothing was ever made', { ...NEW, place: 'nothing' }, 'none'],
  ['the folder was made, and no more', NEW, 'none'],
  ['all is well', WHOLE, 'ready'],
  ['a program that makes its data by itself has made none', { ...WHOLE, hasMarker: null }, 'ready'],

  ['the folder is gone', { ...MADE, place: 'nothing' }, 'missing'],
  ['the volume is not mounted', MADE, 'missing'],
  ['the volume is not there for the link', { ...MADE, place: 'dangling' }, 'missing'],
  ['a file is in its place', { ...MADE, place: 'no-folder' }, 'missing'],
  ['the file system has failed', { ...MADE, place: 'unreadable' }, 'missing'],
  ['the mark is gone', { ...WHOLE, mark: null }, 'missing'],
  ['the marker is gone', { ...WHOLE, hasMarker: false }, 'missing'],
  ['only the mark is there', { ...WHOLE, place: 'empty', hasMarker: false }, 'missing'],
  ['another volume is mounted', { ...WHOLE, mark: 'b' }, 'other'],
  ['another volume is mounted, and damaged', { ...WHOLE, mark: 'b', hasMarker: false }, 'other'],

  ['0.1.0 had it, and it is there', { ...WHOLE, record: null, mark: null }, 'unmarked'],
  ['0.1.0 had it, and the volume is not mounted', { ...MADE, record: null }, 'missing'],
  [
    '0.1.0 had it, and the volume is not there for the link',
    { ...MADE, record: null, place: 'dangling' },
    'missing',
  ],
  [
    '0.1.0 had data of a program that makes it by itself',
    { ...WHOLE, record: null, mark: null, hasMarker: null },
    'unmarked',
  ],
  ['a person brought data with a mark', { ...WHOLE, record: null }, 'unmarked'],
  ['a person brought data without one', { ...NEW, place: 'filled', hasMarker: true }, 'unmarked'],
  ['the power failed before the record', { ...WHOLE, record: null, firstRun: 'here' }, 'unmarked'],
  ['the record is damaged', { ...WHOLE, record: { id: null } }, 'unmarked'],
  ['the record is damaged, and the data gone', { ...MADE, record: { id: null } }, 'missing'],

  ['the first run left nothing', { ...NEW, firstRun: 'here' }, 'begun'],
  ['the first run broke off', { ...NEW, place: 'filled', firstRun: 'here' }, 'begun'],
  [
    'the first run broke off late',
    { ...NEW, place: 'filled', hasMarker: true, firstRun: 'here' },
    'begun',
  ],
  ['it was in another folder', { ...NEW, firstRun: 'elsewhere' }, 'none'],
  [
    'it was in another folder, and this one has data',
    { ...NEW, place: 'filled', hasMarker: true, firstRun: 'elsewhere' },
    'unusable',
  ],
  ['0.1.0 broke off', { ...NEW, place: 'filled', firstRun: 'somewhere' }, 'begun'],
  [
    '0.1.0 broke off, somewhere, and here is data',
    { ...NEW, place: 'filled', hasMarker: true, firstRun: 'somewhere' },
    'unusable',
  ],
  ['it had ended in truth', { ...WHOLE, firstRun: 'here' }, 'ready'],
  ['it had ended, and the volume is gone', { ...MADE, firstRun: 'here' }, 'missing'],

  ['a link leads nowhere from the start', { ...NEW, place: 'dangling' }, 'unusable'],
  ['a file is there from the start', { ...NEW, place: 'no-folder' }, 'unusable'],
  ['foreign files are there from the start', { ...NEW, place: 'filled' }, 'unusable'],
];

describe('the data of a process', () => {
  for (const [story, facts, state] of STORIES) {
    it(`is ${state}: ${story}`, () => assert.equal(dataStateOf(facts), state));
  }

  it('is refused with what is wrong, where, and what helps; and never where nothing is wrong', () => {
    const faults = ['missing', 'other', 'unusable'];
    for (const [story, facts, state] of STORIES) {
      const refusal = dataRefusal(facts, PLACES);
      assert.equal(refusal !== null, faults.includes(state), story);
      if (refusal === null) continue;
      assert.equal(refusal.code, 'DATA_MISSING');
      assert.match(refusal.message, /postgresql/, story);
      assert.ok(refusal.why && refusal.next, story);
      assert.doesNotMatch(JSON.stringify(refusal), /undefined|null/, story);
    }
  });

  it('is given up by name on its own node, and on the core by a recovery', () => {
    const facts: DataFacts = { ...MADE, place: 'nothing' };
    assert.equal(
      dataRefusal(facts, PLACES)?.next,
      'mount its volume, or restore the data; if it is lost for good: ' +
        'kato role remove --purge-data -n h5 postgresql, then kato role add -n h5 postgresql',
    );
    assert.match(
      dataRefusal(facts, { ...PLACES, role: null })?.next ?? '',
      /: kato node setup core --recover-from FILE$/,
    );
  });

  it('that a person brought in place of its own is taken when the record goes', () => {
    for (const facts of [
      { ...WHOLE, mark: 'b' },
      { ...WHOLE, mark: null },
    ]) {
      assert.match(
        dataRefusal(facts, PLACES)?.next ?? '',
        /to go on with what is there: rm \/made\/postgresql\.json$/,
      );
      assert.equal(dataStateOf({ ...facts, record: null }), 'unmarked');
    }
  });
});
