// A token as it was handed over. Programs read it from a file, and files end in a line end: white space around it is no part
// of it. Nothing else is forgiven, and white space within it is no token's.

const spaces = ' \t\r\n'

/** Without white space at either end. In one pass: a regular expression would try each space within anew. */
export function tokenText(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && spaces.includes(text.charAt(start))) start++
  while (end > start && spaces.includes(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
