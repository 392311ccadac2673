import { parseBody } from '../body/parse-body.ts'
import { readBody } from '../body/read-body.ts'
import { refusal } from '../errors.ts'
import { json, type Answer } from '../responses/answer.ts'
import { readQuestion } from './explain-question.ts'
import { noAgent } from './no-agent.ts'
import type { OcspQuestion } from './ocsp-endpoints.ts'

/** POST `ocsp/explain`: every rule with its outcome; nothing is kept, counted or changed. */
export async function explain ({ request, api }: OcspQuestion): Promise<Answer> {
  const explainQuestion = api.ocsp?.explain ?? api.explain
  if (explainQuestion === undefined) throw noAgent()
  const question = readQuestion(parseBody(await readBody(request.raw)))
  const explained = await explainQuestion(question)
  if (explained.kind === 'refused') throw refusal(`invalid question: ${explained.reason}`)
  return json(200, explained.explanation)
}
