import { isIP } from 'node:net';

/** Why a name server that was asked for is no address, in the words of Go that Docker passes on; undefined for one that is. */
export function nameserverComplaint(text: string): string | undefined {
  return isIP(text) === 0 ? `ParseAddr(${JSON.stringify(text)}): ${/^[^.:%]*\./.test(text) ? ipv4Complaint(text) : 'unable to parse IP'}` : undefined;
}

/** The first thing that is wrong, read from the left. */
function ipv4Complaint(text: string): string {
  const at = text.search(/[^\d.]/);
  const fields = (at === -1 ? text : text.slice(0, at)).split('.');
  for (const [index, field] of fields.entries()) {
    const isOpen = at !== -1 && index === fields.length - 1;
    if (index > 3) return 'IPv4 address too long';
    if (/^0\d/.test(field)) return 'IPv4 field has octet with leading zero';
    if (Number(field) > 255) return 'IPv4 field has value >255';
    if (field === '' && !isOpen) return `IPv4 field must have at least one digit (at ${JSON.stringify(fieldAndRest(text, index))})`;
  }
  return at === -1 ? 'IPv4 address too short' : `unexpected character (at ${JSON.stringify(text.slice(at))})`;
}

/** From the dot that ends, or begins, an empty field. */
function fieldAndRest(text: string, index: number): string {
  const rest = text.split('.').slice(index).join('.');
  return rest === '' ? '.' : rest;
}
