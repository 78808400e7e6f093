import { type PipelineError, RequestInvalidError, ResponseMalformedError } from '../../errors.ts';

// Longer than any XML declaration.
const declarationBytesMax = 200;

/**
 * The encoding that a document says it is written in, from its first bytes; undefined for UTF-8 and for none.
 *
 * UTF-16 shows in its first two bytes, whatever the declaration says.
 */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, declarationBytesMax));
  if (['fffe', 'feff', '3c00', '003c'].includes(start.subarray(0, 2).toString('hex'))) return 'UTF-16';
  const declared = /^<\?xml[^>]{0,100}?encoding=["']([\w.:-]{1,40})["']/.exec(start.toString('latin1'))?.[1];
  return declared === undefined || /^(?:utf-?8|us-ascii)$/i.test(declared) ? undefined : declared;
}

/** The error of bytes that are not UTF-8. Where the document says so itself, another attempt would bring the same. */
export function encodingError(
  encoding: string | undefined,
  byteOffset: number,
  cause: unknown,
): PipelineError {
  const context = { byteOffset };
  if (encoding === undefined)
    return new ResponseMalformedError('The response is not UTF-8', context, { cause });
  const text = `Marketing Cloud responded in ${encoding}; only UTF-8 can be read`;
  return new RequestInvalidError(text, context, { cause });
}
