import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { foldCase } from './case-fold.ts'

const rows: readonly (readonly [title: string, a: string, b: string, same: boolean])[] = [
  ['Latin letters', 'AWS-Admins', 'aws-admins', true],
  ['letters with accents', 'ÉQUIPE', 'équipe', true],
  ['Greek letters', 'ΩΣ', 'ωσ', true],
  ['Cyrillic letters', 'ДА', 'да', true],
  ['letters outside the basic plane', '\u{10400}', '\u{10428}', true],
  ['a Kelvin sign is no k', '\u212Aings', 'kings', false],
  ['a dotted capital I is no i', 'ADM\u0130N', 'admin', false],
  ['a dotless i is no i', 'adm\u0131n', 'admin', false],
  ['a long s is no s', 'aw\u017F', 'aws', false],
  ['a Cyrillic a is no Latin a', '\u0430ws', 'aws', false],
  ['a full-width A is no A', '\uFF21ws', 'aws', false],
  ['an Ohm sign is no omega', '\u2126', 'ω', false],
  ['a sharp s is not two', 'ß', 'SS', false],
  ['a letter with an accent is not the letter before an accent', 'é', 'e\u0301', false],
  ['a zero-width space counts', 'aws\u200B', 'aws', false],
]

describe('Texts compared without case', () => {
  for (const [title, a, b, same] of rows) test(title, () => assert.equal(foldCase(a) === foldCase(b), same))
})
