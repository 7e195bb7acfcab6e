"""Turn the cut plan into an exact coverage: every border exists once and is shared."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.demo.subdivision import Plan
from app.demo.terrain import Warp

#: Grid to which the plan is snapped, in km: two borders closer than this become one.
SNAP = 1e-4
#: Longest straight piece of a bent border, in km.
PIECE = 0.06


@dataclass(frozen=True)
class Network:
    """Blocks in the order of the plan, and their borders with the cut each belongs to.

    All on the ground (km). `edge_cuts` is -1 where the border is the outline of the city.
    """

    blocks: NDArray[np.object_]
    edges: NDArray[np.object_]
    edge_cuts: NDArray[np.int64]


def build_network(plan: Plan, warp: Warp) -> Network:
    """Bend the blocks and their borders to the ground.

    Raises
    ------
    ValueError
        If snapping joined or lost a block, which a plan with slivers would bring about.
    """
    cells = np.array(plan.blocks, dtype=object)
    noded = shapely.union_all(shapely.boundary(cells), grid_size=SNAP)
    edges = shapely.get_parts(shapely.line_merge(noded))
    edge_cuts = _cut_of_each(edges, plan)
    edges = shapely.segmentize(edges, PIECE)
    faces = shapely.get_parts(shapely.polygonize(edges))
    cell_of_face = _cell_of_each(faces, cells)
    if sorted(cell_of_face) != list(range(len(cells))):
        raise ValueError(f"{len(cells)} blocks were planned but {len(faces)} were drawn")
    # Bent together, so that equal plan vertices become equal ground vertices.
    bent = warp.bend_geometries(np.concatenate([faces[np.argsort(cell_of_face)], edges]))
    return Network(bent[: len(cells)], bent[len(cells) :], edge_cuts)


def _cut_of_each(edges: NDArray[np.object_], plan: Plan) -> NDArray[np.int64]:
    """Return the index of the cut that each edge lies on, -1 for none."""
    tree = shapely.STRtree([cut.line for cut in plan.cuts])
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    found = np.full(len(edges), -1, dtype=np.int64)
    places, nearest = tree.query_nearest(middles, max_distance=3 * SNAP, all_matches=False)
    found[places] = nearest
    return found


def _cell_of_each(faces: NDArray[np.object_], cells: NDArray[np.object_]) -> NDArray[np.int64]:
    faces_found, cells_found = shapely.STRtree(cells).query(
        shapely.point_on_surface(faces), predicate="within"
    )
    cell_of_face = np.full(len(faces), -1, dtype=np.int64)
    cell_of_face[faces_found] = cells_found
    return cell_of_face
