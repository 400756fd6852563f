import React, { useState, type ReactNode } from "react";
import { Button } from "./button";

type Props = { title: string; children?: ReactNode; onPick(id: string): void };

/** Shows a list. */
export function List<T extends { id: string }>({ title, onPick }: Props): JSX.Element {
  const [open, setOpen] = useState<boolean>(false);
  const toggle = () => setOpen(!open);
  return (
    <Panel.Root title={title} onClick={toggle}>
      <Button<T> icon={icons.down} onPress={(id: string) => onPick(id)} />
      <span>{open}</span>
    </Panel.Root>
  );
}

export const Badge: React.FC<Props> = React.memo(({ title }) => <b>{title}</b>);

export default () => <List title="all" />;
