const truths = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const falsehoods = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** As Go's strconv.ParseBool, by which Docker reads flags and options; undefined for what is neither. */
export function parseBoolean(text: string): boolean | undefined {
  return truths.includes(text) ? true : falsehoods.includes(text) ? false : undefined;
}

/** What Go says of what is neither. */
export function booleanComplaint(text: string): string {
  return `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
}
