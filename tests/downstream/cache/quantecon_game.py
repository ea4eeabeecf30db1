# /// script
# dependencies = ["quantecon==0.11.4"]
# ///
"""quantecon finds an equilibrium by pivoting: cached functions that call each other, no recursion."""

from quantecon.game_theory import NormalFormGame, Player, lemke_howson


def run():
    rows, columns = Player([[3, 3], [2, 5], [0, 6]]), Player([[3, 2, 3], [2, 6, 1]])
    return [strategy.tolist() for strategy in lemke_howson(NormalFormGame((rows, columns)))]
