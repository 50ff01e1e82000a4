// A QR code as a picture that stands in the page: its policy loads none from anywhere else.
import { encodeQR } from 'qr'
import { type Html, html } from '../pages/html.ts'

const border = 4

/** Black on white in every theme: readers expect it. */
export function qrPicture(text: string, label: string): Html {
  const rows = encodeQR(text, 'raw', { border })
  const path = rows.flatMap((row, y) => row.flatMap((isBlack, x) => (isBlack ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  const box = `0 0 ${rows.length} ${rows.length}`
  return html`<svg class="qr" viewBox="${box}" role="img" aria-label="${label}" shape-rendering="crispEdges">
<rect width="100%" height="100%" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
}
