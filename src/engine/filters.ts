/** Docker's `filters` in one form: key → values, as given. Values of one key are or-ed, keys are and-ed. */
export type Filters = ReadonlyMap<string, readonly string[]>;
