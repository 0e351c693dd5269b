/** The exam player: everything a candidate's exam page needs. */
export { ExamPlayer } from "./shell/exam-player";
