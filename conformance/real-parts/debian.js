// Packages of Debian that the real parts need and a bare machine lacks; root may install them.
import { spawnSync } from 'node:child_process'

let updated = false

/** Installs packages, which needs apt-get, root and a mirror. Returns whether they are installed now. */
export function install(...packages) {
  if (process.getuid?.() !== 0 || !run('apt-get', ['--version'], 'ignore')) return false
  const lock = ['-o', 'DPkg::Lock::Timeout=300']
  if (!updated) updated = run('apt-get', [...lock, 'update', '-qq'])
  return run('apt-get', [...lock, 'install', '-y', '-qq', '--no-install-recommends', ...packages])
}

/**
 * Runs a program to its end and returns whether it succeeded. Its output goes to standard error, because the suite's standard
 * output holds only the runner's lines.
 */
export function run(program, args, output = 2) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status } = spawnSync(program, args, { stdio: ['ignore', output, output], env })
  return status === 0
}
