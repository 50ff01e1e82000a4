// Programs of Go ask the kernel for the time and not the C library, so libfaketime cannot move it. They are built with a standard library
// whose time.Now reads libfaketime's file (go-clock/ahead.go); their own code and that of their modules stays as it is.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { here } from './kept.js'

const now = 'func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n'
const older = now.replace('runtimeNow', 'now')

/** What a program so built is made of, beside its own files. */
export const clockFiles = ['go-clock.js', 'go-clock/ahead.go']

/** The arguments of `go build`; it writes what they name into the folder. */
export function movableClockOf(folder) {
  const library = join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'src', 'time')
  const text = readFileSync(join(library, 'time.go'), 'utf8')
  const found = [now, older].find((lines) => text.includes(lines))
  if (found === undefined) throw new Error(`time.Now in ${library} is not as go-clock.js knows it`)
  const [changed, overlay] = [join(folder, 'time.go'), join(folder, 'overlay.json')]
  writeFileSync(changed, text.replace(found, `${found}\tsec += ahead.Load()\n`))
  const Replace = {
    [join(library, 'time.go')]: changed,
    [join(library, 'ahead.go')]: join(here, 'go-clock', 'ahead.go'),
  }
  writeFileSync(overlay, JSON.stringify({ Replace }))
  return ['-overlay', overlay]
}
