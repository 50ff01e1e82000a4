// Runs in a page: browser.test.ts sends it there as text. Contrast of text to what is behind it (WCAG 2.2, 1.4.3), of the
// first element of each kind that is there.
globalThis.contrastsOf = (kinds) => {
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    if (element === null) return 'rgb(255, 255, 255)'
    const color = getComputedStyle(element).backgroundColor
    return channels(color)[3] === 0 ? behind(element.parentElement) : color
  }
  return kinds.flatMap((kind) => {
    const element = document.querySelector(kind)
    if (element === null) return []
    const [one, two] = [luminance(getComputedStyle(element).color), luminance(behind(element))]
    return [[kind, (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)]]
  })
}
