/** A read-only document in Markdown that is shown as it is read, not as it is written. */
import { type Disposable, EventEmitter, Uri, commands, workspace } from "vscode";

export class Page implements Disposable {
  private readonly emitter = new EventEmitter<Uri>();
  private readonly uri: Uri;
  private readonly provider: Disposable;
  private text = "";

  /** `scheme`: of this page alone; `title`: stands on its tab. */
  constructor(scheme: string, title: string) {
    this.uri = Uri.from({ scheme, path: `/${title}.md` });
    this.provider = workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: this.emitter.event,
      provideTextDocumentContent: () => this.text,
    });
  }

  /** Puts a text in place of the one before. */
  async show(text: string): Promise<void> {
    this.text = text;
    this.emitter.fire(this.uri);
    await commands.executeCommand("markdown.showPreview", this.uri);
  }

  dispose(): void {
    this.provider.dispose();
    this.emitter.dispose();
  }
}
