// An address of a provider as a page may link to it.

/** A scheme in capitals is no link of a page, nor is a backslash, which a URL's query keeps as it is. */
export const linkTo = (address: string): string => new URL(address).href.replaceAll('\\', '%5C')
