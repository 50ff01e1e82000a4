// Debian's Chromium, which playwright-core drives.
import { existsSync } from 'node:fs'
import { install } from './debian.js'

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const found = () => usual.find((path) => existsSync(path))

/** Where Chromium is, installed if need be; undefined when it cannot be had here. */
export function prepareChromium() {
  const there = found()
  if (there !== undefined) return there
  console.log('installing Chromium (once; about a quarter of a minute) ...')
  return install('chromium') ? found() : undefined
}
