/** Markdown that a model wrote, as HTML that does no harm: no HTML of its own, no images, links to files and the web only. */
import MarkdownIt from "markdown-it";

import { escapeHtml, highlight } from "./highlight";

const markdown = new MarkdownIt({ html: false, linkify: true, highlight });
// An image would be loaded from where the model says.
markdown.disable("image");
// "shop.py" is a file, and no address in Paraguay.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
markdown.validateLink = (href) => /^https?:\/\//i.test(href) || !/^[^/?#]*:(?!\d)|^\/\//.test(href.trim());

markdown.renderer.rules["fence"] = (tokens, index) => block(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
markdown.renderer.rules["code_block"] = (tokens, index) => block(tokens[index]?.content ?? "", "");

export function renderMarkdown(text: string): string {
  return markdown.render(text);
}

function block(code: string, info: string): string {
  const [language = ""] = info.trim().split(/\s+/);
  const name = language === "" ? "" : `<span class="language">${escapeHtml(language)}</span>`;
  return (
    `<div class="code"><div class="code-head">${name}` +
    `<button type="button" class="copy" title="Copy code">Copy</button></div>` +
    `<pre tabindex="0"><code>${highlight(code, language)}</code></pre></div>`
  );
}
