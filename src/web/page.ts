import { renderView } from './views.ts'

export interface PageOptions {
  status?: number
  headers?: Record<string, string>
}

/** What the layout draws around a page; what else the rooms put in it is between them and `views/`. */
export interface PageData {
  shell: { title: string }
}

/**
 * Answers with a page: the whole document, or only the view when htmx asks for a part (`HX-Request-Type: partial`).
 * The view sees `data` as `it`; the layout needs `data.shell`.
 */
export function page(
  request: Request,
  view: string,
  data: PageData & Record<string, unknown>,
  options: PageOptions = {},
): Response {
  const body = renderView(view, data)
  return html(
    isPartial(request) ? body : renderView('layout', { ...data, view, body, path: new URL(request.url).pathname }),
    options,
  )
}

/** Answers with a fragment of a page, never with the layout. */
export function fragment(view: string, data: object, options: PageOptions = {}): Response {
  return html(renderView(view, data), options)
}

/** Whether htmx asked for a part of a page. */
export function isPartial(request: Request): boolean {
  return request.headers.get('hx-request-type') === 'partial'
}

function html(body: string, { status = 200, headers = {} }: PageOptions): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'HX-Request-Type',
      ...headers,
    },
  })
}
