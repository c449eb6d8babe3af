import { letterWidth, textWidth } from './width.ts';

/** Cuts a text to so many cells of a terminal, the last of which is then an ellipsis. */
export function ellipsis(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const letters = [...text];
  if (width <= 1) return letters.slice(0, width).join('');
  let left = width - 1;
  const end = letters.findIndex((letter) => (left -= letterWidth(letter)) < 0);
  return `${letters.slice(0, end).join('')}…`;
}

/** `a=1,b=2` in the order of the keys. */
export function pairs(map: Readonly<Record<string, string>> | null | undefined): string {
  return Object.entries(map ?? {}).sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join(',');
}

/** 12 digits, without the algorithm; whole when nothing may be cut. */
export function idText(id: string, whole: boolean): string {
  return whole ? id : id.replace(/^sha256:/, '').slice(0, 12);
}
