/** A region as AWS names them: `eu-central-1`. */
export const isRegionName = (text: string): boolean => /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/.test(text)
