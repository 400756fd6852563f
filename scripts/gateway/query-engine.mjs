#!/usr/bin/env node
// Prisma's query engine for LiteLLM's tests, from what the npm registry has.
//
// LiteLLM keeps its keys, teams and spend through prisma-client-py, which starts an executable and talks GraphQL to it
// over HTTP. That executable is no registry's: it is downloaded from a host of its own. The same engine, of the same
// release, lies in @prisma/client as WebAssembly; it speaks JSON and leaves the connection to a driver. This file is what
// lies between: the command line and the HTTP of the executable, GraphQL to JSON and back. Only tests use it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const RELEASE = '393aa359c9ad4a4bb28630fb5613f9c281cde053'

/** The type of every field of every model, by the schema's text. */
function typesOf(schema) {
  const models = [...schema.matchAll(/^model (\w+) \{([^]*?)^\}/gm)]
  const fields = (text) => [...text.matchAll(/^[ \t]+(\w+)\s+(\w+)/gm)].map(([, name, type]) => [name, type])
  return new Map(models.map(([, name, text]) => [name, new Map(fields(text))]))
}

/** Where a filter of JSON holds a text that is no JSON itself. */
const PLAIN = new Set(['path', 'mode', 'string_contains', 'string_starts_with', 'string_ends_with'])

/**
 * The value of a GraphQL argument, as the JSON protocol writes it.
 *
 * GraphQL has JSON as a text; here it must be named, or the text is taken for JSON's text. So the way down a value goes
 * along the schema: `type` is that of the field above, or the model that is spoken of.
 */
function valueOf(node, type, types) {
  switch (node.kind) {
    case 'IntValue': {
      const value = Number(node.value)
      return Number.isSafeInteger(value) ? value : { $type: 'BigInt', value: node.value }
    }
    case 'FloatValue':
      return Number(node.value)
    case 'NullValue':
      return null
    case 'ListValue':
      return node.values.map((each) => valueOf(each, type, types))
    case 'ObjectValue':
      return argumentsOf(node.fields, type, types)
    case 'StringValue':
      return type === 'Json' ? { $type: 'Json', value: node.value } : node.value
    default:
      return node.value
  }
}

function argumentsOf(nodes, type, types) {
  const below = (name) => (type === 'Json' && PLAIN.has(name) ? 'String' : (types.get(type)?.get(name) ?? type))
  return Object.fromEntries((nodes ?? []).map(({ name, value }) => [name.value, valueOf(value, below(name.value), types)]))
}

/** A field with what is asked of it, as the JSON protocol writes it. */
function fieldOf(node, model, types) {
  const asked = (node.selectionSet?.selections ?? []).map((field) => {
    const deeper = field.selectionSet || field.arguments?.length
    return [field.name.value, deeper ? fieldOf(field, types.get(model)?.get(field.name.value) ?? model, types) : true]
  })
  return { arguments: argumentsOf(node.arguments, model, types), selection: Object.fromEntries(asked) }
}

const ACTION =
  /^(findUnique|findFirst|findMany|createOne|createMany|updateOne|updateMany|deleteOne|deleteMany|upsertOne|aggregate|groupBy)(.+?)(OrThrow)?$/

/** One GraphQL operation with one field, as the JSON protocol's query. */
function translate(text, { parse, types }) {
  const field = parse(text).definitions[0].selectionSet.selections[0]
  const named = ACTION.exec(field.name.value)
  if (!named) return { action: field.name.value, query: fieldOf(field, '', types) }
  return { modelName: named[2], action: named[1] + (named[3] ?? ''), query: fieldOf(field, named[2], types) }
}

/** The JSON protocol names the types of values; GraphQL's answers hold them bare. */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare)
  if (value === null || typeof value !== 'object') return value
  if (typeof value.$type === 'string') return value.value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bare(inner)]))
}

/** A value of a raw query with its type, as the release of prisma-client-py that LiteLLM uses wants it. */
function typed(value, type) {
  if (value === null) return { prisma__type: 'null', prisma__value: null }
  if (!type.endsWith('-array')) return { prisma__type: type, prisma__value: value }
  return { prisma__type: 'array', prisma__value: value.map((each) => typed(each, type.slice(0, -'-array'.length))) }
}

function rowsOf({ columns, types, rows }) {
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index], typed(value, types[index])])))
}

/** An answer under the alias that prisma-client-py gives every field. */
function named(answer) {
  if (!answer.data) return answer
  const result = bare(Object.values(answer.data)[0])
  return { ...answer, data: { result: result?.columns && result.rows ? rowsOf(result) : result } }
}

/** A name of something in the database, and nothing at all: types that the driver does not know. Texts will do. */
const UNKNOWN_TYPES = new Set([2205, 2278])
const TEXT = 25

/** The database's client, for which the types of a result are all known. */
function clientOf({ Client }) {
  return class extends Client {
    async query(...asked) {
      const result = super.query(...asked)
      if (typeof result?.then !== 'function') return result // for whoever gave a callback
      const answered = await result
      for (const field of answered.fields ?? []) if (UNKNOWN_TYPES.has(field.dataTypeID)) field.dataTypeID = TEXT
      return answered
    }
  }
}

async function open(schema) {
  const { PrismaPg } = require('@prisma/adapter-pg')
  const { bindAdapter } = require('@prisma/driver-adapter-utils')
  const pg = require('pg')
  const runtime = require('@prisma/client/runtime/query_engine_bg.postgresql.js')
  const code = readFileSync(require.resolve('@prisma/client/runtime/query_engine_bg.postgresql.wasm'))
  const { instance } = await WebAssembly.instantiate(code, { './query_engine_bg.js': runtime })
  runtime.__wbg_set_wasm(instance.exports)
  const settings = {
    datamodel: schema,
    env: process.env,
    logQueries: false,
    ignoreEnvVarErrors: true,
    datasourceOverrides: {},
    logLevel: 'error',
    configDir: '.',
    engineProtocol: 'json',
  }
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, Client: clientOf(pg) })
  const adapter = bindAdapter(new PrismaPg(pool))
  const engine = new runtime.QueryEngine(settings, () => {}, adapter)
  await engine.connect('{}')
  return { engine, failures: adapter.errorRegistry }
}

async function answer(engine, grammar, path, body, transaction) {
  const step = /^\/transaction\/(?:(start)|([^/]+)\/(commit|rollback))$/.exec(path)
  if (step?.[1]) return JSON.parse(await engine.startTransaction(body, '{}'))
  if (step) return JSON.parse(await engine[step[3] + 'Transaction'](step[2], '{}'))
  const asked = JSON.parse(body)
  if (asked.batch) {
    const batch = asked.batch.map((one) => translate(one.query, grammar))
    const query = JSON.stringify({ batch, transaction: asked.transaction ? {} : undefined })
    const answered = JSON.parse(await engine.query(query, '{}', transaction))
    return answered.batchResult ? { batchResult: answered.batchResult.map(named) } : answered
  }
  return named(JSON.parse(await engine.query(JSON.stringify(translate(asked.query, grammar)), '{}', transaction)))
}

async function serve(port) {
  const schema = readFileSync(process.env.PRISMA_DML_PATH, 'utf8')
  const grammar = { parse: require('graphql').parse, types: typesOf(schema) }
  const { engine, failures } = await open(schema)
  const server = createServer(async (request, response) => {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    let status = 200
    let result = { status: 'ok' }
    try {
      if (request.method === 'POST') {
        const transaction = request.headers['x-transaction-id']
        result = await answer(engine, grammar, request.url, Buffer.concat(pieces).toString(), transaction)
        // The driver's own errors stay on this side; only their numbers have been through the engine.
        for (const error of result.errors ?? []) {
          const failure = failures.consumeError(error.user_facing_error?.meta?.id)
          if (failure) error.user_facing_error.message = String(failure.error)
        }
        // How the executable tells that a transaction could not be begun or ended.
        if (result.error_code) [status, result] = [400, { errors: [{ user_facing_error: result, error: result.message }] }]
      }
    } catch (error) {
      status = 500
      result = { error: String(error) }
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(result))
  })
  server.listen(port, 'localhost')
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
}

const options = process.argv.slice(2)
if (options.includes('--version')) console.log(`query-engine ${RELEASE}`)
else await serve(Number(options[options.indexOf('-p') + 1]))
