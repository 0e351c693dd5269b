const HAN = /\p{Script=Han}/gu;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.\-_/]*/gu;

/** How long a text is: each Chinese character counts one, and each word of another script. */
export function countWords(text: string): number {
  const han = text.match(HAN)?.length ?? 0;
  const words = text.replace(HAN, " ").match(WORD)?.length ?? 0;
  return han + words;
}
