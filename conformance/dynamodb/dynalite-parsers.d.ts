// dynalite's parsers, which it does not type: a tree, or a sentence about what is wrong in it. They throw for what they cannot read.
declare module 'dynalite/db/conditionParser.js' {
  const parser: { parse(text: string, options: { readonly context: object }): unknown }
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default parser
}
declare module 'dynalite/db/projectionParser.js' {
  const parser: { parse(text: string, options: { readonly context: object }): unknown }
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default parser
}
declare module 'dynalite/db/updateParser.js' {
  const parser: { parse(text: string, options: { readonly context: object }): unknown }
  // biome-ignore lint/style/noDefaultExport: the package has no other
  export default parser
}
