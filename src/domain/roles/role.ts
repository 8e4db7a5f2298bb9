/**
 * What a node can do for the cluster, as read from `roles/<name>.yml`.
 * The catalogue checks the files; everything here may rely on the shape.
 */
export interface RoleDefinition {
  name: string;
  /** One line, shown by `kato role info`. */
  summary: string;
  /** `always`: on every node (base). `setup`: only a setup command gives it. `add`: `kato role add`. */
  given: 'always' | 'setup' | 'add';
  /** The node with it is the core, which nodes know by its address. One role of a catalogue is. */
  core: boolean;
  /** Without a node that serves it no command works: the last one is not taken, whatever is forced. */
  vital: boolean;
  /** Roles that some node of the cluster must have while this one is in use. */
  needs: string[];
  /** Roles that may not share a node with this one; `*` is every role but those always given. */
  excludes: string[];
  /** How many nodes of a cluster must and may have it. */
  perCluster: { min: number; max: number | null };
  /** Packages by distribution id of os-release (`debian`). */
  packages: Record<string, string[]>;
  processes: ProcessDefinition[];
  settings: Record<string, SettingDefinition>;
  /** Secrets that kato makes. */
  secrets: Record<string, SecretDefinition>;
  /** Secrets of the cluster that a node with this role is given: names, or `certificate/` for all below. */
  sharedSecrets: string[];
  /** The pool of which nodes are members while they have the role, and the port there. */
  serves: { pool: string; port: number; setting: string | null } | null;
  /** What of the cluster a node with the role is told: of this its view and its templates are made. */
  sees: readonly Seen[];
  /** What listens: shown in docs and checked for collisions before a role is added. */
  ports: PortDefinition[];
}

/**
 * `routes`: host names and their pools. `certificates`: of all names. `peers`: the other nodes with the
 * role. `clients`: nodes that send requests to its pool. `users`: who may use the bus. `document`: all.
 * `pools/<name>`: a pool that nodes with another role serve.
 */
export type Seen =
  | 'routes'
  | 'certificates'
  | 'peers'
  | 'clients'
  | 'users'
  | 'document'
  | `pools/${string}`;

/** One supervised program. The same process in two roles must be defined alike. */
export interface ProcessDefinition {
  name: string;
  /** The program and its arguments, as they are: no shell takes them apart. `${...}` names one of the values that templates have. */
  argv: string[];
  /** Where packages put programs whose path has a version in it: `${programs.<name>}`. */
  programs: Record<string, ProgramDefinition>;
  /** The unix user it runs as: root, or one that the package makes. */
  user: string;
  environment: Record<string, string>;
  /** When it counts as RUNNING: a port that accepts, a command that exits 0, or at once. */
  ready: { tcp: string } | { command: string[] } | null;
  readySeconds: number;
  /** Processes that have to be ready first, where its node runs them: for a while, and when it starts. */
  after: string[];
  stop: { signal: StopSignal; seconds: number };
  /** The process keeps its data in `<data root>/<process>`, mode 0700. */
  data: boolean;
  /** Run once as the process's user while `marker` is missing from the data folder. */
  initialize: { argv: string[]; marker: string } | null;
  /**
   * Makes data that holds secrets hold the present ones, while nothing else uses it: after the
   * first run, and where data was kept by a node that has left the cluster and come back.
   */
  setSecrets: string[] | null;
  files: FileDefinition[];
  /** Checked against a candidate config folder before it goes live. `${config}` is that folder. */
  check: string[] | null;
  /**
   * When it takes what a newer kato writes otherwise for it, where the cluster asks nothing else and a
   * reload is not enough: at once, or when it starts the next time for another reason.
   */
  update: Update;
  /** What the process does on a changed file that says `reload`. */
  reload: { signal: ReloadSignal; confirm: ReloadConfirm | null } | null;
}

export interface ProgramDefinition {
  /** `*` stands for one part of the path; the newest match counts. */
  path: string;
  /** File in the data folder that says which match the data belongs to, whatever is newer. */
  versionFile: string | null;
}

export type Update = 'restart' | 'next_start';
export type StopSignal = 'TERM' | 'INT' | 'QUIT';
export type ReloadSignal = 'HUP' | 'USR1' | 'USR2';

/**
 * What the program says of itself that is another after each reload that it accepted: a field of what it
 * tells over HTTP, or what a command prints.
 */
export type ReloadConfirm = { http: string; field: string } | { command: string[] };

export interface FileDefinition {
  /** File name in the config folder of the process. */
  path: string;
  /** Template under `templates/`. */
  template: string;
  /** A list among the template's values: one file for each item, whose values `path` and template see. */
  each: string | null;
  /** Octal text: `0640`. The group is the process's user's own. */
  mode: string;
  change: 'reload' | 'restart';
}

export interface SettingDefinition {
  type:
    | 'string'
    | 'integer'
    | 'number'
    | 'boolean'
    | 'duration'
    | 'size'
    /** Of addresses, and networks such as 10.1.0.0/16. */
    | 'networks';
  default: SettingValue;
  help: string;
  minimum?: number;
  maximum?: number;
  choices?: string[];
  /** It stays as the cluster was set up with; this says why. */
  fixed?: string;
}

export type SettingValue = string | number | boolean | string[];

export interface SecretDefinition {
  help: string;
  /** Length of the generated password in characters. */
  length: number;
  /** Each node with the role has its own, or all of them have one. */
  scope: 'node' | 'cluster';
}

export interface PortDefinition {
  port: number;
  /** The setting that moves it; `port` is its default. */
  setting: string | null;
  /** The process that listens. */
  process: string;
  protocol: 'tcp' | 'udp';
  /** `node`: the node's address. `loopback`: 127.0.0.1, or that of a node on loopback. `all`: every address. */
  listen: 'node' | 'loopback' | 'all';
  purpose: string;
}

/** Everything kato manages: the checked content of `roles/`. */
export interface Catalogue {
  roles: ReadonlyMap<string, RoleDefinition>;
  /** Group name to its roles. */
  groups: ReadonlyMap<string, string[]>;
}
