/** Makes of a model's text what may stand on a page or in a mail. Pure. */

const LINK = /\b(?:[a-z][a-z0-9+.-]{1,20}:\/\/|www\.)\S+|\bmailto:\S+/gi;
const MARKED_LINK = /!?\[([^\]\n]{0,200})\]\([^)\s]{0,500}\)/g;
const MAIL = /[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
/** A name on the internet without anything before it. */
const HOST =
  /\b(?:[a-z0-9-]{1,63}\.)+(?:com|net|org|io|info|biz|de|ru|cn|app|dev|xyz|top|site|online|link|click|co)\b(?:\/\S*)?/gi;
const TELEPHONE = /(?:\+|\b00)\d{1,3}(?:[ ()./-]{0,2}\d){6,}/g;
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const MARKS = /[*_`#>]{2,}|^#{1,6}\s+/gm;

/** Without links, addresses, telephone numbers, marks of Markdown and what cannot be seen; at most `most` characters. */
export function plainText(text: string, most: number): string {
  const plain = text.slice(0, most * 4).toWellFormed().replaceAll(UNSEEN, "")
    .replaceAll(MARKED_LINK, "$1")
    .replaceAll(LINK, "(link removed)").replaceAll(MAIL, "(address removed)")
    .replaceAll(HOST, "(link removed)").replaceAll(TELEPHONE, "(number removed)")
    .replaceAll(MARKS, "").trim();
  return plain.length > most ? `${plain.slice(0, most - 1).toWellFormed()}…` : plain;
}
