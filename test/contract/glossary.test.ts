import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findPhrases, markedIn, tableUnder } from '../support/words.ts';

const root = path.join(import.meta.dirname, '..', '..');
const textOf = (file: string) => readFileSync(path.join(root, file), 'utf8');

const glossary = textOf('docs/glossary.md');
const bannedPhrases = tableUnder(glossary, 'Words we do not use').flatMap(([not = '']) => markedIn(not));

describe('a banned word', () => {
  it.each([
    ['a word', 'the bell rings', ['bell']],
    ['any case', 'The Bell', ['bell']],
    ['an identifier in camel case', 'const patienceMs = 5;', ['patience']],
    ['a type', 'class Pursuit {}', ['pursu*']],
    ['a constant', 'const MAX_PATIENCE = 1;', ['patience']],
    ['a column', 'select at_work from processes', ['at work']],
    ['a file name', "from './follow-up.ts'", ['follow up']],
    ['a phrase over two lines of a comment', ' * what it has in\n * hand', ['in hand']],
    ['a phrase over two lines of a document', 'the task is put\ndown', ['put down']],
    ['any ending', 'answered, answers', ['answer*', 'answer*']],
  ])('is found as %s', (_, text, expected) => {
    expect(findPhrases(text, bannedPhrases).map(({ phrase }) => phrase)).toEqual(expected);
  });

  it.each([
    ['part of another word', 'a doorbell, a dutiful impatience'],
    ['two words with a full stop between', 'It is put. Down it goes.'],
    ['two words of two identifiers', 'put(down)'],
  ])('is not found as %s', (_, text) => {
    expect(findPhrases(text, bannedPhrases)).toEqual([]);
  });

  it('is found with its line', () => {
    const [found] = findPhrases('one\ntwo\nthe bell', ['bell']);
    expect(found).toEqual({ phrase: 'bell', line: 3, as: 'bell' });
  });
});
