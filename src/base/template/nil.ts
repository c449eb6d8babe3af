/**
 * Go's nil values of a known type, which JSON cannot tell apart: `{{.}}` prints a nil pointer as `<nil>`, a nil list as `[]` and a nil map as `map[]`;
 * all of them are false, and null in JSON.
 */
const asNull = { toJSON: { value: () => null } };

export const nilPointer: object = Object.freeze(Object.create(null, asNull));
export const nilList: readonly unknown[] = Object.freeze(Object.defineProperties([], asNull));
export const nilMap: object = Object.freeze(Object.defineProperties({}, asNull));
