/** The page's entry: one chat, opened on the elements of index.html. */

import { Chat } from "./chat.js";

await new Chat().open();
