/** Receivers may say up to 64 KB; nobody reads more than so much of it, and we do not either. */
const READ_LIMIT_CHARACTERS = 2_000;
const SHOWN_LIMIT_CHARACTERS = 200;
/** Times, counts and ids, which make another text of the same refusal each time. */
const PASSING_WORD = /[\w.:+-]*\d[\w.:+-]*/g;
/** Of HTTP, which many receivers speak of. */
const STATUS_CODE = /^[45]\d\d$/;

/** What a receiver said, as it may be shown: its beginning, masked, and the same each time that it says the same. */
export function quoteReceiver(detail: string, mask: (text: string) => string): string {
  // Never cut within a word, half of which would not be masked.
  const read = detail.length <= READ_LIMIT_CHARACTERS ? detail : detail.slice(0, detail.lastIndexOf(" ", READ_LIMIT_CHARACTERS) + 1);
  return mask(read)
    .replace(PASSING_WORD, (word) => (STATUS_CODE.test(word) ? word : "…"))
    .slice(0, SHOWN_LIMIT_CHARACTERS);
}
