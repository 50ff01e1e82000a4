// Debian's Chromium, which playwright-core drives.
import { existsSync } from 'node:fs'
import { install } from './debian.js'

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const found = () => usual.find((path) => existsSync(path))

/** Makes it ready; `path` is the program. */
export async function prepareChromium() {
  if (found() === undefined) {
    console.log('installing Chromium (once; about a quarter of a minute) ...')
    install('chromium')
  }
  const path = found()
  return path === undefined ? { missing: 'no Chromium, and apt-get cannot install it' } : { path }
}
