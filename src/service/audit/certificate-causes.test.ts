// What the operator is told of refused certificates.
import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { causeOf } from './causes.ts'
import { certificateCauses } from './certificate-causes.ts'

test('each cause of a certificate has its own words, found by the detail', () => {
  const otherwise = causeOf('AccessDeniedException', 'certificate-nothing')[0]
  for (const [cause, [because]] of Object.entries(certificateCauses)) {
    equal(causeOf('AccessDeniedException', `certificate-${cause}`)[0], because)
    notEqual(because, otherwise)
  }
})
