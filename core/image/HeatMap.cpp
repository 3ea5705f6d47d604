// HeatMap
