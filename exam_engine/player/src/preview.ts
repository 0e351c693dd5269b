/** For staff pages: the item elements alone, without the exam around them. */
export { ItemView } from "./items/item-view";
export { ExhibitView } from "./exhibits/exhibit-view";
