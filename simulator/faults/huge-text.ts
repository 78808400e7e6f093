import { gzipSync } from 'node:zlib';

/** What is repeated until the text is long enough. */
const piece = 'x'.repeat(65_536);
const pieceBytes = piece.length;

/** A response on both sides of a text of that size, in pieces. */
export function* withHugeText(before: string, after: string, megabytes: number): Generator<string> {
  yield before;
  for (let pieces = piecesOf(megabytes); pieces > 0; pieces -= 1) yield piece;
  yield after;
}

const piecesOfMember = 16;
let memberOfPieces: Buffer | undefined;

/**
 * The same, compressed. A gzip body may have several members one after another (RFC 1952, 2.2), so that what repeats is
 * compressed once: 200 MB took half a second each time.
 */
export function gzipWithHugeText(before: string, after: string, megabytes: number): Buffer {
  memberOfPieces ??= gzipSync(piece.repeat(piecesOfMember));
  const pieces = piecesOf(megabytes);
  const members = new Array<Buffer>(Math.floor(pieces / piecesOfMember)).fill(memberOfPieces);
  const last = gzipSync(piece.repeat(pieces % piecesOfMember) + after);
  return Buffer.concat([gzipSync(before), ...members, last]);
}

function piecesOf(megabytes: number): number {
  return Math.ceil((megabytes * 1_048_576) / pieceBytes);
}
