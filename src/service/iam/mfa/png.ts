// A black-and-white picture as PNG (W3C Portable Network Graphics 3rd edition): one bit a pixel, no interlace. Enough for
// a QR code; anything more is a graphics library's.
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const GREYSCALE = 0

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

/** Draws a square matrix (true is black), each module `scale` pixels wide. */
export function pngOf(matrix: readonly (readonly boolean[])[], scale: number): Buffer {
  const side = matrix.length * scale
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([1, GREYSCALE, 0, 0, 0], 8)
  const stride = 1 + Math.ceil(side / 8)
  const rows = Buffer.alloc(stride * side)
  for (let y = 0; y < side; y++) {
    const modules = matrix[Math.floor(y / scale)]
    for (let x = 0; x < side; x++) {
      // Bit 1 is white. Each row begins with its filter, 0.
      const black = modules?.[Math.floor(x / scale)] ?? false
      const at = y * stride + 1 + (x >> 3)
      if (!black) rows[at] = (rows[at] as number) | (0x80 >> (x & 7))
    }
  }
  const parts = [SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat(parts)
}
