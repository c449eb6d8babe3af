/** A mount that was asked for, understood and checked, before anything is made for it. */
export type PlannedMount = PlannedBind | PlannedVolume | PlannedTmpfs | PlannedImage;

interface Placed {
  /** Absolute and clean. */
  destination: string;
  readOnly: boolean;
  /** As inspect shows it: what followed the second colon of `-v`. */
  mode: string;
}

export interface PlannedBind extends Placed {
  type: 'bind';
  source: string;
  propagation: string;
  recursive: boolean;
  recursiveReadOnly: boolean;
  /** `-v` and CreateMountpoint make a missing source; `--mount` refuses. */
  createSource: boolean;
}

export interface PlannedVolume extends Placed {
  type: 'volume';
  /** Undefined for an anonymous volume. */
  name?: string;
  driver?: string;
  driverOptions?: Record<string, string>;
  labels?: Record<string, string>;
  copyUp: boolean;
  subpath?: string;
}

export interface PlannedTmpfs extends Placed {
  type: 'tmpfs';
  /** For mount(8), such as `size=64m`. */
  options: string[];
}

export interface PlannedImage extends Placed {
  type: 'image';
  /** As the person named it. */
  reference: string;
  subpath?: string;
}
