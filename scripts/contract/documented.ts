// Bounds of shapes that AWS's services enforce and its documentation states, but no model has.
import type { Extract, ExtractedShape } from './merge.ts'

type Documented = Pick<ExtractedShape, 'max' | 'required'>

const documented: { readonly [service: string]: { readonly [shape: string]: Documented } } = {
  sts: {
    // "You can provide up to 10 managed policy ARNs" (STS API Reference, AssumeRole and its like).
    policyDescriptorListType: { max: 10 },
    // Without an ARN the caller meant a session policy and named none: that must not count as no session policy.
    PolicyDescriptorType: { required: ['arn'] },
  },
}

/** The extract with the documented bounds. Throws when a shape is gone, or has the bound itself by now. */
export function amended(service: string, extract: Extract): Extract {
  const shapes: Record<string, ExtractedShape> = { ...extract.shapes }
  for (const [name, more] of Object.entries(documented[service] ?? {})) {
    const shape = shapes[name]
    if (shape === undefined) throw new Error(`${service} has no shape ${name} to amend`)
    if (shape.max !== undefined && more.max !== undefined)
      throw new Error(`${service}: the model of ${name} has a bound by now`)
    shapes[name] = { ...shape, ...more }
  }
  return { ...extract, shapes }
}
