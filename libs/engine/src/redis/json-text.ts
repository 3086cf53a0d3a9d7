/** Quotes, control characters, halves of a character: what JSON writes otherwise than it is, and some that it does not. */
const SPECIAL = /["\\\p{Cc}\p{Cs}]/u;

/** As `JSON.stringify` writes a text, for a part of its cost where it stands in JSON as it is. */
export const jsonText = (text: string): string => (SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`);
