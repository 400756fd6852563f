/** The page of the chat view. Nothing here knows VS Code. */

export interface PageParts {
  /** Source that the web view's own files come from, as VS Code names it. */
  readonly source: string;
  readonly script: string;
  readonly style: string;
  readonly nonce: string;
}

/**
 * Nothing is loaded but our two files, nothing runs but our script, and nothing is sent anywhere. The components' styles
 * are adopted style sheets, which need no exception.
 */
export function chatPage({ source, script, style, nonce }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
    `img-src ${source}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Farthing</title>
</head>
<body>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
