import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Secret } from '../../core/secret.ts'
import { inputProblem } from './input.ts'

const rows: readonly (readonly [title: string, login: string, password: string, passes: boolean])[] = [
  ['letters of any language', 'Žofie Łuk', 'пароль 🔑', true],
  ['the longest', 'a'.repeat(256), 'b'.repeat(1024), true],
  ['spaces as a password', 'ann', '  ', true],
  ['a line break in a password', 'ann', 'a\nb', true],
  ['a longer login', 'a'.repeat(257), 'b', false],
  ['a longer password', 'ann', 'b'.repeat(1025), false],
  ['a password longer in bytes alone', 'ann', 'ж'.repeat(513), false],
  ['no login', '', 'b', false],
  ['no password', 'ann', '', false],
  ['a zero byte in a login', 'ann\0', 'b', false],
  ['a zero byte in a password', 'ann', 'b\0', false],
  ['a zero byte alone', 'ann', '\0', false],
  ['a tab in a login', 'ann\t', 'b', false],
  ['half a character in a login', 'ann\ud800', 'b', false],
  ['half a character in a password', 'ann', '\ud800', false],
]

describe('What is typed', () => {
  for (const [title, login, password, passes] of rows)
    test(`${passes ? 'is asked with' : 'is not asked with'}: ${title}`, () =>
      assert.equal(inputProblem(login, new Secret(password)) === undefined, passes))
})
