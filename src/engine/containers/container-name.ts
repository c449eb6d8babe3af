import { randomInt } from 'node:crypto';
import { GantryError } from '../../base/errors.ts';

const pattern = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** The name without its slash. @throws invalid with Docker's sentence. */
export function parseContainerName(name: string): string {
  if (!pattern.test(name)) {
    throw new GantryError('invalid', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return name.replace(/^\//, '');
}

export function nameConflict(name: string, ownerId: string): GantryError {
  return new GantryError('conflict',
    `Conflict. The container name "/${name}" is already in use by container "${ownerId}". You have to remove (or rename) that container to be able to reuse that name.`);
}

const adjectives = (
  'able amber ample arctic balmy bold brave breezy brisk calm candid cheerful civil clever coastal cosy crisp curious dapper daring deft eager early '
  + 'earnest easy fair fearless fleet fluent fond frank free fresh gentle glad golden grand handy hardy hazel honest humble ideal jaunty jolly keen kind '
  + 'level light lively loyal lucid lucky mellow merry mild mindful modest neat nimble noble patient placid plucky polite proud prudent quick quiet ready '
  + 'robust rosy rustic sage sharp silent simple sincere sleek smart snug solar spry steady still sturdy sunny swift tender thrifty tidy upbeat urban '
  + 'vast vivid warm wise witty young zesty'
).split(' ');

/** People whose work computing and science stand on. */
const surnames = (
  'abel agnesi allen antonelli backus banach bartik bell benz bernoulli blackwell bohr boltzmann boole brahe cantor carson cerf chandra church cocke '
  + 'codd cori curie dahl darwin diffie dijkstra dirac easley edison einstein elion engelbart erdos euclid euler faraday fermat fermi feynman floyd '
  + 'franklin galileo galois gauss germain goedel goldberg goodall granville gray hamilton hawking hertz hilbert hoare holberton hopper huffman hypatia '
  + 'jackson jemison johnson keller kepler kilby knuth kovalevskaya lamarr lamport leavitt liskov lovelace maxwell mccarthy meitner mendel milner '
  + 'mirzakhani moore morse nash neumann newton noether ohm pascal pasteur perlman planck poincare ramanujan rhodes ride ritchie rivest rubin salk '
  + 'shannon shockley sinoussi snyder spence stallman tarjan tesla thompson torvalds turing vaughan volta wescoff wiles wilkes wing wirth yalow zuse'
).split(' ');

/** A name of the form adjective_surname; `attempt` above 0 adds digits, so that a crowded host still finds a free one. */
export function generateContainerName(attempt: number): string {
  const pick = (words: string[]): string => words[randomInt(words.length)] as string;
  return `${pick(adjectives)}_${pick(surnames)}${attempt === 0 ? '' : randomInt(10 ** Math.min(attempt, 9))}`;
}
