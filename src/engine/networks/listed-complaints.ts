/** Several complaints as one sentence, in Docker's form: a line each, with a star where there are more than one. */
export function listed(complaints: readonly string[]): string {
  return complaints.length === 1 ? complaints[0]! : complaints.map((complaint) => `* ${complaint}`).join('\n');
}
