/** The gallery's page. */

import '../ui/page.css';
import '../gallery/gallery';
