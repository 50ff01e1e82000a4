// A token without the white space around it: programs read tokens from files, and files end in a line end. Nothing else is
// forgiven; white space within a token makes it malformed.

const spaces = ' \t\r\n'

/** Without white space at either end. In one pass: a regular expression would try each space within anew. */
export function tokenText(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && spaces.includes(text.charAt(start))) start++
  while (end > start && spaces.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
