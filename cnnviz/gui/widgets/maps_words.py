"""What the feature-maps dock says of itself."""

from PySide6.QtCore import QCoreApplication

SENTENCE = QCoreApplication.translate("FeatureMapsDock", "What each channel of a layer finds, and where in the picture")
STRIP_SENTENCE = QCoreApplication.translate("FeatureMapsDock", "The strongest channels of layers from first to last")
HELP = QCoreApplication.translate(
    "FeatureMapsDock",
    "<p>A convolution slides each of its <b>filters</b> over the picture, or over the maps of the layer before. What "
    "one filter answers at every place is its <b>feature map</b>, or channel: bright where it finds its pattern.</p>"
    "<p>Early layers find edges and colours, later ones textures, parts and whole objects, while the maps get smaller: "
    "each cell sees more of the picture (its receptive field).</p>"
    "<p>A channel with one value everywhere is <b>dead</b> for this picture: after a ReLU, the filter found "
    "nothing.</p>"
    "<p><b>Mouse</b>: click selects a channel and a cell, and the input shows what that cell sees; double click shows "
    "the channel large, the wheel zooms, dragging pans.<br>"
    "<b>Keys</b>: ← → ↑ ↓ other channels, Page Up and Page Down other layers, Enter large, Esc back, "
    "O over the picture, 0 whole picture, M mutes the selected channel, S solos it. A muted channel bears an M.</p>",
)
