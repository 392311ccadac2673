import { parseBody } from '../body/parse-body.ts'
import { readBody } from '../body/read-body.ts'
import { refusal } from '../errors.ts'
import { json, type Answer } from '../responses/answer.ts'
import { readQuestion } from './explain-question.ts'
import type { OcspRequest } from './ocsp-endpoints.ts'

/** POST `ocsp/explain`: every rule with its outcome; nothing is kept, counted or changed. */
export async function explain ({ request, ocsp }: OcspRequest): Promise<Answer> {
  const question = readQuestion(parseBody(await readBody(request.raw)))
  const explained = await ocsp.explain(question)
  if (explained.kind === 'refused') throw refusal(`invalid question: ${explained.reason}`)
  return json(200, explained.explanation)
}
