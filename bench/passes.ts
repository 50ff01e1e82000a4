// Steps that seal and open session tokens.
import { createSecretKey, randomBytes } from 'node:crypto'
import { decodePass, encodePass } from '../src/core/token/payload.ts'
import { rememberingPacker } from '../src/core/token/policy.ts'
import { openToken, sealToken, subkeyOf } from '../src/core/token/seal.ts'
import { somePass } from './micro.ts'

export function sealing() {
  const pass = somePass()
  const packer = rememberingPacker(1 << 20)
  const key = createSecretKey(randomBytes(32))
  const subkey = subkeyOf({ id: '0011223344556677', key }, randomBytes(16))
  const to = { version: 2, subkey, nonce: randomBytes(12), accessKeyId: pass.accessKeyId } as const
  const token = sealToken(encodePass(pass, 2, packer), to)
  if (token === undefined) throw new Error('the bench pass must fit')
  const open = () => {
    const opened = openToken(token, pass.accessKeyId, () => key)
    if (!('bytes' in opened) || decodePass(opened.bytes, pass.accessKeyId, 2, packer) === undefined)
      throw new Error('must open')
    return opened
  }
  return [
    { name: 'seal of a session token', run: () => sealToken(encodePass(pass, 2, packer), to) },
    { name: 'open of a session token, not cached', run: open },
  ]
}
