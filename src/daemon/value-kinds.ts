/** The kinds of values that a settings file may hold. */
export const isText = (value: unknown): boolean => typeof value === 'string';
export const isFlag = (value: unknown): boolean => typeof value === 'boolean';
export const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
