import type { ReactiveController, ReactiveControllerHost } from "lit";
import { keep, recall, rem } from "./display";

const SIDE_REM = 64;

/** Whether the list of questions is shown: at the side it can be hidden, which is remembered; below 64 rem it is a sheet. */
export class PaletteState implements ReactiveController {
  sheet = false;
  collapsed = recall("exam-palette") === "hidden";
  private focusBack: HTMLElement | null = null;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostConnected(): void {
    this.sheet = false;
  }

  open = (event?: Event): void => {
    if (this.isWide()) return this.setCollapsed(false);
    this.focusBack = (event?.currentTarget as HTMLElement | null) ?? (document.activeElement as HTMLElement | null);
    this.setSheet(true);
  };

  /** Closes it and gives the focus back to what opened it. */
  close = async (): Promise<void> => {
    const wasSheet = this.sheet;
    if (wasSheet) this.setSheet(false);
    else this.setCollapsed(true);
    await this.host.updateComplete;
    (wasSheet ? this.focusBack : this.host.querySelector<HTMLElement>(".btn-palette"))?.focus();
  };

  toggle(): void {
    if (this.isWide() && !this.collapsed) void this.close();
    else this.open();
  }

  /** A place was chosen: a sheet has done its work. */
  leave(): void {
    if (this.sheet) this.setSheet(false);
  }

  private setSheet(on: boolean): void {
    this.sheet = on;
    this.host.requestUpdate();
  }

  private setCollapsed(on: boolean): void {
    this.collapsed = on;
    keep("exam-palette", on ? "hidden" : "shown");
    this.host.requestUpdate();
  }

  private isWide(): boolean {
    return document.body.clientWidth >= SIDE_REM * rem();
  }
}
