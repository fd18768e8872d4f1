import type { DocumentDecoration } from 'elysia'
import { z } from 'zod'

/** What a route may answer when all goes well; a `form` is documentation and checks nothing at run time. */
export interface Answer {
  says: string
  form?: z.ZodType
  /** Media type; JSON when not said. */
  type?: string
}

/** The facts of one route, to be spread into its options. `answers` are looked at only when the document is made. */
export function says(
  id: string,
  tag: string,
  summary: string,
  answers: () => Record<number, Answer>,
): { detail: DocumentDecoration } {
  return { detail: { operationId: id, tags: [tag], summary, [ANSWERS]: answers } as DocumentDecoration }
}

/** A route as Elysia lists it in `app.routes`. */
export interface ListedRoute {
  method: string
  path: string
  hooks: unknown
}

type Json = Record<string, unknown>

interface Hooks {
  body?: unknown
  query?: unknown
  detail?: Json
}

const ANSWERS = 'x-answers'
const PROBLEM = { $ref: '#/components/responses/Problem' }

const ProblemForm = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('One sentence for a person that says what to do.'),
    code: z.string().describe('Stable; listed in docs/errors.md.'),
    retryable: z.boolean(),
    context: z.record(z.string(), z.unknown()),
    incident: z.string().optional().describe('Only for a bug of ours: the name of its entry in the log.'),
  })
  .meta({ id: 'Problem' })

/** The routes under `/api` as an OpenAPI 3.1 document. */
export function openApiOf(routes: readonly ListedRoute[], version: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    if (!route.path.startsWith('/api/')) continue
    const path = pathOf(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path, schemas) }
  }
  const problem = {
    description: 'What went wrong.',
    content: content(ProblemForm, 'application/problem+json', schemas),
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Hearth',
      version,
      summary: 'A self-hosted AI project studio.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: tagsIn(paths),
    paths,
    components: {
      schemas,
      responses: { Problem: problem },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token made by hearth token add, or on the page of tokens.',
        },
      },
    },
  }
}

function operation({ hooks, path }: ListedRoute, shown: string, schemas: Json): Json {
  const { body, query, detail = {} } = hooks as Hooks
  const { [ANSWERS]: answers, ...known } = detail
  const parameters = [...pathParameters(shown), ...queryParameters(query, schemas)]
  return {
    ...known,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body instanceof z.ZodType
      ? {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: content(body, undefined, schemas, 'input'),
          },
        }
      : {}),
    responses: { ...responses(answers, path, schemas), default: PROBLEM },
  }
}

function responses(answers: unknown, path: string, schemas: Json): Json {
  if (typeof answers !== 'function') throw new Error(`the route ${path} does not say what it answers`)
  const all = Object.entries((answers as () => Record<string, Answer>)())
  return Object.fromEntries(
    all.map(([status, { says, form, type }]) => {
      const media = form || type ? { content: content(form ?? null, type, schemas) } : {}
      return [status, { description: says, ...media }]
    }),
  )
}

function content(
  form: z.ZodType | null,
  type = 'application/json',
  schemas: Json = {},
  io: 'input' | 'output' = 'output',
): Json {
  return { [type]: form ? { schema: schemaOf(form, schemas, io) } : {} }
}

/** A form as JSON Schema; those that have an id become components that are referred to. */
function schemaOf(form: z.ZodType, schemas: Json, io: 'input' | 'output'): unknown {
  const whole = z.toJSONSchema(z.object({ form }), { io, unrepresentable: 'any' })
  const moved = JSON.parse(JSON.stringify(whole).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    properties: { form: unknown }
    $defs?: Json
  }
  for (const [name, schema] of Object.entries(moved.$defs ?? {})) schemas[name] = withoutId(schema as Json)
  return moved.properties.form
}

function withoutId({ id: _, ...schema }: Json): Json {
  return schema
}

function pathOf(path: string): string {
  return path
    .replace(/(.)\/$/, '$1')
    .replace(/:(\w+)/g, '{$1}')
    .replace(/\*$/, '{path}')
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(name === 'path' ? { description: 'A path in the project; its slashes stand as they are.' } : {}),
  }))
}

/** What a query gives after it was read, since it comes as text; what may be left out by what was asked for. */
function queryParameters(query: unknown, schemas: Json): Json[] {
  if (!(query instanceof z.ZodObject)) return []
  const { properties = {} } = schemaOf(query, schemas, 'output') as { properties?: Json }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(query.shape[name] as z.ZodType).safeParse(undefined).success,
    schema,
  }))
}

function tagsIn(paths: Record<string, Json>): Json[] {
  const operations = Object.values(paths).flatMap((path) => Object.values(path) as { tags: string[] }[])
  return [...new Set(operations.flatMap(({ tags }) => tags))].map((name) => ({ name }))
}
